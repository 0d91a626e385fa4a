#!/bin/bash
# parent: nova
# All packages of the lab's compute, set up by compute-ready. QEMU without KVM: the guest is emulated.
apt-get -qq update
apt-get install -y -qq --no-install-recommends nova-compute nova-compute-qemu
