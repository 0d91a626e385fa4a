#!/bin/bash
# parent: rpm
# A controller as Rocky 9 with RDO Antelope: openstack-nova 27.2.0, noVNC serving, the SPICE proxy in its repository; no
# repository that is on has spice-html5, as with EPEL 9. One that has it, `copr`, is off. See make-el.sh for what it is not.
# Uses: make-el.sh el-base.spec openstack-nova.spec clients.spec
bash /run/lab/make-el.sh 9 27.2.0
