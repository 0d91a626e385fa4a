#!/bin/bash
# parent: nova
# The tools and files that the layers of RHEL-like controllers are made with.
# Uses: rpm-tools.sh
bash /run/lab/rpm-tools.sh
