#!/bin/bash
# parent: rpm
# A controller as CentOS 7 with RDO Mitaka: openstack-nova 13.1.4, noVNC serving, the SPICE proxy and EPEL's spice-html5 in
# its repositories. `yum` is dnf 4 under that name. See make-el.sh for what it is not.
# Uses: make-el.sh el-base.spec openstack-nova.spec clients.spec
bash /run/lab/make-el.sh 7 13.1.4
