#!/bin/sh
# /etc/recyclerie and the spool stay, also when the package is purged: a machine without its token is lost to its workshop.
set -e

if [ "$1" = purge ]; then
    rm -rf /var/cache/recyclerie-agent /var/lib/recyclerie-agent/update
fi
exit 0
