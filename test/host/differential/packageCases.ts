import { RecipeSwitch } from "../../../nova";
import { type ControllerOptions, controllerDocument, retirementDocument } from "../support/documents";
import { type Case, NAME, type Refusal, refusals } from "./case";

/** Packages, repositories and web clients: had, kept, taken away, and what cannot be had. */

const document = (options: ControllerOptions = {}) => controllerDocument(NAME, options);

/** Makes a repository of apt's out of tiny packages: `make NAME VERSION [FIELD]`. */
const DEBS = `mkdir -p /srv/site; cd /srv/site
make() {
  mkdir -p tree/DEBIAN
  printf 'Package: %s\\nVersion: %s\\nArchitecture: all\\nMaintainer: site <site@example.org>\\nDescription: test\\n%s' "$1" "$2" "\${3:+$3
}" >tree/DEBIAN/control
  dpkg-deb -b tree "$1_$2.deb"
  { cat tree/DEBIAN/control; printf 'Filename: ./%s\\nSize: %s\\nSHA256: %s\\n\\n' "$1_$2.deb" "$(stat -c %s "$1_$2.deb")" "$(sha256sum <"$1_$2.deb" | cut -d ' ' -f 1)"; } >>Packages
}
echo 'deb [trusted=yes] file:/srv/site ./' >/etc/apt/sources.list.d/site.list
`;
const unavailable = (what: string, spoil: string): Refusal => [
  what,
  `{ ${spoil}; } >/dev/null`,
  "{ dpkg -r --force-all site-base; rm -rf /srv/site /etc/apt/sources.list.d/site.list; cp /root/sources.list /etc/apt/; apt-get -qq update; } >/dev/null 2>&1",
  document(),
];
const debs = (...tiny: readonly string[]) => `${DEBS}${tiny.join("; ")}`;
const BASE = "dpkg -i site-base_*.deb";
const apt: readonly Refusal[] = [
  unavailable("no repository has it", ": >/etc/apt/sources.list"),
  unavailable(
    "the repository has that of a newer Nova",
    "mkdir /srv/site; sed 's/2:26.2.2-1~deb12u5/2:26.2.3-1/' /srv/pool/Packages >/srv/site/Packages; echo 'deb [trusted=yes] file:/srv/site ./' >/etc/apt/sources.list",
  ),
  unavailable(
    "it would upgrade another one",
    debs("make site-base 1.0", BASE, "make site-base 2.0", "make spice-html5 9.0 'Depends: site-base (>= 2.0)'"),
  ),
  unavailable(
    "it would remove another one",
    debs("make site-base 1.0", BASE, "make spice-html5 9.0 'Conflicts: site-base'"),
  ),
  unavailable(
    "it would downgrade another one",
    debs(
      "make site-base 2.0",
      BASE,
      ": >Packages; make site-base 1.0",
      "make spice-html5 9.0 'Depends: site-base (<< 2.0)'",
    ),
  ),
  unavailable(
    "it would upgrade one that is held",
    debs(
      "make site-base 1.0",
      BASE,
      "apt-mark hold site-base; make site-base 2.0",
      "make spice-html5 9.0 'Depends: site-base (>= 2.0)'",
    ),
  ),
];

/** The same of dnf's: `make NAME VERSION [TAG]`, then `publish`. */
const RPMS = `make() {
  printf 'Name: %s\\nVersion: %s\\nRelease: 1\\nSummary: test\\nLicense: MIT\\nBuildArch: noarch\\n%s\\n%%description\\ntest\\n%%files\\n' "$1" "$2" "$3" >/tmp/site.spec
  rpmbuild -bb --quiet --define '_rpmdir /srv/site' /tmp/site.spec 2>/dev/null
}
publish() { createrepo_c -q /srv/site; printf '[site]\\nname=site\\nbaseurl=file:///srv/site\\ngpgcheck=0\\n' >/etc/yum.repos.d/site.repo; }
`;
const COPR = "sed -i s/enabled=0/enabled=1/ /etc/yum.repos.d/copr.repo";
const PROXY = "openstack-nova-spicehtml5proxy";
const unobtainable = (what: string, ...spoil: readonly string[]): Refusal => [
  what,
  spoil.join("; "),
  "rpm -e site-base 2>/dev/null || :; rm -rf /srv/site /srv/later /etc/yum.repos.d/site.repo; cp /root/repos/* /etc/yum.repos.d/; dnf -q clean all",
  document(),
];
const RPM_BASE = `${RPMS}make site-base 1.0; rpm -i /srv/site/noarch/site-base-1.0-1.noarch.rpm`;
const dnf: readonly Refusal[] = [
  unobtainable("nobody has the web client", ":"),
  unobtainable(
    "the proxy of a later Nova",
    `${COPR}; cp -r /srv/rdo /srv/later; rm -r /srv/later/repodata /srv/later/${PROXY}-27.2.0-1.el9.noarch.rpm; createrepo_c -q /srv/later`,
    "sed -i s:/srv/rdo:/srv/later: /etc/yum.repos.d/rdo.repo",
  ),
  unobtainable(
    "it would upgrade another one",
    RPM_BASE,
    "make site-base 2.0; make spice-html5 9.0 'Requires: site-base >= 2.0'; publish",
  ),
  unobtainable(
    "it would take the place of another one",
    RPM_BASE,
    "make spice-html5 9.0 'Obsoletes: site-base'; publish",
  ),
  unobtainable(
    "it would remove what conflicts with it",
    RPM_BASE,
    "make spice-html5 9.0 'Conflicts: site-base'; publish",
  ),
];

/** Archives of the web client, by shell texts that change it; `prepare` prints their checksums. @param from what spice-html5 is packed of */
const archives = (changes: readonly string[], from = "/usr/src/clients/usr/share/spice-html5") => ({
  make: `mkdir /tmp/archives\n${changes
    .map(
      (change, index) =>
        `cp -rL ${from} /tmp/package; cd /tmp/package; ${change}; cd /tmp; tar -czf archives/${index}.tgz package; rm -r package\n`,
    )
    .join("")}tar -c archives | base64 -w0`,
  prepare: "cd /srv; base64 -d | tar -x; sha256sum archives/* | cut -c 1-64",
});
const client = (index: number, sha256 = "0".repeat(64)) =>
  document({ webClient: { archive: `/srv/archives/${index}.tgz`, sha256 } });

const REPOSITORY = "/etc/yum.repos.d/epel.repo";
const SITE_REPOSITORY = "/etc/yum.repos.d/site.repo";
const KEY = "/etc/pki/rpm-gpg/RPM-GPG-KEY-EPEL-7";
/** Keys and packages signed by one of them, as they are with every run. */
const signed = {
  make: `{ mkdir -m 700 /root/keys; export GNUPGHOME=/root/keys
for name in epel other; do
  gpg --batch --quiet --passphrase '' --quick-gen-key "$name <$name@example.org>" rsa2048 sign never; gpg --batch --armor --export "$name@example.org" >/root/$name.asc
done
rpmsign --define '_gpg_name epel' --define '_gpg_path /root/keys' --define '__gpg /usr/bin/gpg' --addsign /srv/epel/*.rpm
rm -r /srv/epel/repodata; createrepo_c -q /srv/epel; gpgconf --kill all; } >/dev/null 2>&1; tar -cz -C / srv/epel root/epel.asc root/other.asc | base64 -w0`,
  prepare: `rm -r ${REPOSITORY} /srv/epel; base64 -d | tar -xz -C /; cat /root/epel.asc /root/other.asc`,
};
const repository = (name: string, more: Partial<Case> = {}): Case => ({
  ...{ name: `a repository: ${name}`, layer: "el7-like", ...signed },
  steps: (keys) => [withRepository(keys)],
  ...more,
});
/** @param keys the one that signs, and the other one */
function withRepository(
  keys: string,
  gpgKey: string | undefined = keys.slice(0, keys.indexOf("-----BEGIN", 9)),
  more: ControllerOptions = {},
) {
  const key = gpgKey === "" ? {} : { gpgKey };
  const packageRepository = { id: "epel", name: "EPEL 7", baseUrl: "file:///srv/epel", gpgKeyPath: KEY, ...key };
  return document({ packageRepository, ...more });
}
const EPEL = `printf '[epel]\\nname=ours\\nbaseurl=file:///srv/epel\\n'`;

export const packageCases: readonly Case[] = [
  { name: "apt: the proxy and the web client, which stay", layer: "nova" },
  {
    name: "apt: the proxy and the web client, which go",
    layer: "nova",
    steps: () => [document({ removePackagesOnDestroy: true })],
  },
  {
    name: "apt: the proxy and the web client, which somebody came to need",
    layer: "nova",
    steps: () => [
      document({ removePackagesOnDestroy: true }),
      {
        run: `sed -i 's/^NOVA_CONSOLE_PROXY_TYPE=.*/NOVA_CONSOLE_PROXY_TYPE=novnc/' /etc/default/nova-consoleproxy; systemctl enable -q --now nova-novncproxy
{ ${debs("make site-page 1 'Depends: spice-html5'", "dpkg -i site-page_1.deb")}; } >/dev/null`,
      },
    ],
  },
  {
    name: "apt: what cannot be had",
    layer: "nova",
    prepare: "cp /etc/apt/sources.list /root/; apt-get -qq update",
    steps: () => refusals(apt),
  },
  {
    name: "a web client of an archive on Debian, then without",
    ...archives(["echo ours >ours.txt"], "/usr/share/spice-html5"),
    steps: (sha256) => [client(0, sha256), document()],
  },
  {
    name: "a web client of an archive on RHEL 9, and archives that are refused",
    layer: "el9-like",
    ...archives([
      ":",
      "ln -s /etc etc",
      "rm -r *; echo x >x",
      "rm src/main.js || rm main.js || rm spicearraybuffer.js",
    ]),
    steps: (printed) => {
      const [good, linked, other, broken] = printed.split("\n");
      return [
        ...refusals([
          ["another one than declared", ":", ":", client(0)],
          ["not there", ":", ":", client(9, good)],
          ["with a link out of it", ":", ":", client(1, linked)],
          ["of something else", ":", ":", client(2, other)],
          [
            "cannot be fetched",
            ":",
            ":",
            document({ webClient: { archive: "http://127.0.0.1:9/client.tgz", sha256: "0".repeat(64) } }),
          ],
        ]),
        client(3, broken),
        client(0, good),
      ];
    },
  },
  {
    name: "CentOS 7's own repositories, then noVNC retired",
    layer: "el7-like",
    steps: () => [document(), retirementDocument(NAME)],
  },
  { name: "dnf: the proxy and the web client", layer: "el9-like", prepare: COPR },
  {
    name: "dnf: what cannot be had",
    layer: "el9-like",
    prepare: "cp -r /etc/yum.repos.d /root/repos",
    steps: () => refusals(dnf),
  },
  {
    name: "dnf: a web client put there by hand",
    layer: "el9-like",
    prepare: "cp -r /usr/src/clients/usr/share/spice-html5 /usr/share/",
  },
  repository("with its key, all of which goes with the packages, and iptables' rule first (row 8 of the recipe)", {
    prepare: `iptables -A INPUT -i lo -j ACCEPT; iptables -A INPUT -p tcp --dport 22 -j ACCEPT; iptables -A INPUT -m conntrack --ctstate ESTABLISHED -j ACCEPT; iptables -P INPUT DROP; ${signed.prepare}`,
    steps: (keys) => [
      withRepository(keys, undefined, {
        ...{ removePackagesOnDestroy: true, allowedSources: ["0.0.0.0/0"] },
        recipe: [RecipeSwitch.FirewallRuleFirst],
      }),
    ],
  }),
  repository("that is declared no longer", { steps: (keys) => [withRepository(keys), document()] }),
  repository("whose packages another key signed", {
    steps: (keys) => [withRepository(keys, keys.slice(keys.indexOf("-----BEGIN", 9)))],
  }),
  repository("that is refused", {
    steps: (keys) =>
      refusals([
        ["its file is somebody's", `${EPEL} >${REPOSITORY}`, `rm ${REPOSITORY}`, withRepository(keys)],
        ["another file has its id", `${EPEL} >${SITE_REPOSITORY}`, `rm ${SITE_REPOSITORY}`, withRepository(keys)],
        ["its key is nowhere", ":", ":", withRepository(keys, "")],
        [
          "its key is none",
          ":",
          ":",
          withRepository(keys, "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nabcd\n-----END PGP PUBLIC KEY BLOCK-----\n"),
        ],
      ]),
  }),
];
