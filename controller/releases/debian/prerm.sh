#!/bin/sh
set -e

units="@UNITS@"

if [ "$1" = remove ]; then
    if [ -d /run/systemd/system ]; then
        systemctl stop $units || true
    fi
    systemctl --quiet disable $units || true
fi
# Byte code is nobody's file: left behind, it would keep folders of old versions alive.
find /usr/lib/recyclerie -depth -type d -name __pycache__ -exec rm -rf '{}' ';' || true
exit 0
