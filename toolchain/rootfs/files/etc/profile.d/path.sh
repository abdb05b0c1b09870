# shellcheck shell=sh
# As on Ubuntu: the article types brctl and ifconfig without sudo, and Debian keeps them from users' PATH.
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
