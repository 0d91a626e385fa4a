#!/bin/bash
# make-el.sh EL VERSION [SERVICE]: makes a RHEL-like node of a Debian root after rpm-tools.sh, with openstack-nova-SERVICE (default
# novncproxy): names, files, packages and services
# are as RHEL's, RDO's and EPEL's are, by their spec files; the tools are the real rpm and dnf of Debian; the proxies run the
# real code of Debian's Nova, whatever VERSION the packages say.
#
# What it is not, and so cannot prove: yum 3 and systemd 219 of CentOS 7, its Python 2 and bash 4.2; a Nova of that version; SELinux;
# signatures of packages (the repositories are not signed); dnf's modules; firewalld and what else RHEL brings by default.
set -euo pipefail
el=$1 version=$2 service=${3:-novncproxy}
hidden=/usr/lib/debian-tools
work=$(mktemp -d)

# build SPEC FOLDER DEFINITION...: the RPMs of a spec file, into a repository.
build() {
  local spec=$1 folder=$2 definition definitions=()
  shift 2
  for definition in "el $el" "_topdir $work" "_rpmdir $folder" '_build_name_fmt %%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm' \
    '_build_id_links none' '__os_install_post %{nil}' 'source_date_epoch_from_changelog 0' "$@"; do
    definitions+=(--define "$definition")
  done
  mkdir -p "$folder"
  rpmbuild -bb --quiet --target noarch "${definitions[@]}" "/run/lab/$spec"
}

# repository NAME ENABLED DESCRIPTION: makes known to the node /srv/NAME.
repository() {
  createrepo_c -q "/srv/$1"
  printf '[%s]\nname=%s\nbaseurl=file:///srv/%s\nenabled=%s\ngpgcheck=0\n' "$1" "$3" "$1" "$2" >"/etc/yum.repos.d/$1.repo"
}

mkdir -p /etc/yum.repos.d
case $el in
  7)
    name='CentOS Linux' id=centos like='rhel fedora' release=7 pretty='CentOS Linux 7 (Core)'
    redhat='CentOS Linux release 7.9.2009 (Core)' python=python
    ;;
  9)
    name='Rocky Linux' id=rocky like='rhel centos fedora' release=9.4 pretty='Rocky Linux 9.4 (Blue Onyx)'
    redhat='Rocky Linux release 9.4 (Blue Onyx)' python=python3
    ;;
esac
build el-base.spec /srv/base "el_release $release"
# the installed build of Nova, and a later one, to which nobody has upgraded yet
for build in 1 2; do build openstack-nova.spec /srv/rdo "nova_version $version" "nova_build $build" "nova_python $python"; done
build clients.spec /srv/rdo 'with_novnc 1'
repository base 1 "$name - Base"
repository rdo 1 'OpenStack RDO'
if [[ $el == 7 ]]; then
  build clients.spec /srv/epel 'spice_version 0.1.7'
  repository epel 1 'Extra Packages for Enterprise Linux 7'
  # RDO's oslo.config of that time looked for these too, first
  dist='dist = ["/usr/share/%s/%s-dist%s" % (project, name, extension) for name in (project, prog)]'
  sed -i "s#^    return \\(_find_config_files(.*\\)#    $dist\\n    return [path for path in dist if os.path.exists(path)] + \\1#" /usr/lib/python3/dist-packages/oslo_config/cfg.py
  grep -qF "    $dist" /usr/lib/python3/dist-packages/oslo_config/cfg.py
else
  build clients.spec /srv/copr 'spice_version 0.3.0'
  repository copr 0 'somebody else who builds spice-html5'
fi

# RHEL's policy: no service starts unless somebody enables it
rm -f /usr/lib/systemd/system-preset/*
echo 'disable *' >/usr/lib/systemd/system-preset/99-default-disable.preset
mkdir -p /etc/dnf
printf '[main]\ngpgcheck=1\ninstallonly_limit=3\nclean_requirements_on_remove=True\nbest=True\nskip_if_unavailable=False\n' >/etc/dnf/dnf.conf

# CentOS 7 has yum alone, the later ones have both names
mv /usr/bin/dnf-3 "$work/dnf"
rm -f /usr/bin/dnf /usr/bin/yum
install -m 755 "$work/dnf" /usr/bin/yum
[[ $el == 7 ]] || ln -s yum /usr/bin/dnf

nova=1:$version-1.el$el
rpm -i /srv/base/*.rpm
yum -y -q install "openstack-nova-common-$nova" "openstack-nova-$service-$nova"
systemctl enable "openstack-nova-$service"

rm -f /etc/os-release /etc/debian_version
cat >/usr/lib/os-release <<RELEASE
NAME="$name"
ID="$id"
ID_LIKE="$like"
VERSION_ID="$release"
PLATFORM_ID="platform:el$el"
PRETTY_NAME="$pretty"
RELEASE
ln -s ../usr/lib/os-release /etc/os-release
echo "$redhat" >/etc/redhat-release

# Debian's tools are out of reach: who takes this node for Debian notices
mkdir -p "$hidden"
mv /usr/bin/apt* /usr/bin/dpkg* "$hidden/"
rm -rf "$work"
