#!/bin/bash
# parent: base
# Nova's common package alone: nova.conf with Debian's 10,000 commented lines, no service. A bare controller.
apt-get -qq update
apt-get install -y -qq --no-install-recommends nova-common python3-pymysql
