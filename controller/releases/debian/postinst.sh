#!/bin/sh
# /etc/recyclerie is the machine's own (settings, token, authority): nothing here ever touches it.
set -e

units="@UNITS@"

if [ "$1" = configure ]; then
    if [ -z "$2" ]; then
        # The first time only: what somebody switched off stays off.
        if [ -d /run/systemd/system ]; then
            systemctl --quiet enable $units
        else
            SYSTEMD_OFFLINE=1 systemctl --quiet enable $units
        fi
    fi
    if [ -d /run/systemd/system ]; then
        systemctl daemon-reload
        if [ -e /etc/recyclerie/agent.json ]; then
            # Whether the new agent is any good is for the updater to find out, not for dpkg.
            systemctl restart recyclerie-agent.service || true
            systemctl start recyclerie-agent-update.timer || true
        fi
    fi
fi
exit 0
