"""Made from contract/desired-state.schema.json by `npm run contract`: what a document may say, as both sides have it."""

# ruff: noqa: E501
import json
from typing import Any, Mapping

SCHEMA: Mapping[str, Any] = json.loads(r"""{
"oneOf": [{"$ref":"#/$defs/ControllerState"},{"$ref":"#/$defs/ComputeState"},{"$ref":"#/$defs/VncProxyRetirementState"}],
"$defs": {
"ControllerState": {"type":"object","properties":{"role":{"const":"controller"},"node":{"$ref":"#/$defs/Name"},"id":{"$ref":"#/$defs/ResourceId"},"owner":{"$ref":"#/$defs/Stack"},"formerOwner":{"$ref":"#/$defs/FormerStack"},"release":{"$ref":"#/$defs/AssertedRelease"},"toolsToIgnore":{"$ref":"#/$defs/ToolsToIgnore"},"acceptPendingChanges":{"$ref":"#/$defs/AcceptPendingChanges"},"nova.conf":{"$ref":"#/$defs/NovaConf"},"optionReleases":{"$ref":"#/$defs/OptionReleases"},"optionNames":{"$ref":"#/$defs/OptionNames"},"removeObsoleteOptions":{"$ref":"#/$defs/RemoveObsoleteOptions"},"firewall":{"$ref":"#/$defs/ProxyFirewall"},"tls":{"$ref":"#/$defs/Tls"},"webClient":{"$ref":"#/$defs/WebClientSource"},"repository":{"$ref":"#/$defs/Repository"},"packagesOnDestroy":{"$ref":"#/$defs/PackagesOnDestroy"},"recipe":{"$ref":"#/$defs/ControllerRecipe"}},"required":["role","node","id","owner","nova.conf"],"additionalProperties":false},
"ComputeState": {"type":"object","properties":{"role":{"const":"compute"},"node":{"$ref":"#/$defs/Name"},"id":{"$ref":"#/$defs/ResourceId"},"owner":{"$ref":"#/$defs/Stack"},"formerOwner":{"$ref":"#/$defs/FormerStack"},"release":{"$ref":"#/$defs/AssertedRelease"},"toolsToIgnore":{"$ref":"#/$defs/ToolsToIgnore"},"acceptPendingChanges":{"$ref":"#/$defs/AcceptPendingChanges"},"nova.conf":{"$ref":"#/$defs/NovaConf"},"optionReleases":{"$ref":"#/$defs/OptionReleases"},"optionNames":{"$ref":"#/$defs/OptionNames"},"removeObsoleteOptions":{"$ref":"#/$defs/RemoveObsoleteOptions"},"vnc":{"const":"off"},"acceptConsoleLoss":{"const":true},"novaApiCredentials":{"$ref":"#/$defs/SectionName"},"consolePorts":{"$ref":"#/$defs/ConsolePorts"},"repository":{"$ref":"#/$defs/Repository"},"packagesOnDestroy":{"$ref":"#/$defs/PackagesOnDestroy"},"recipe":{"$ref":"#/$defs/ComputeRecipe"}},"required":["role","node","id","owner","nova.conf"],"additionalProperties":false},
"VncProxyRetirementState": {"type":"object","properties":{"role":{"const":"vnc-proxy-retirement"},"node":{"$ref":"#/$defs/Name"},"id":{"$ref":"#/$defs/ResourceId"},"owner":{"$ref":"#/$defs/Stack"},"formerOwner":{"$ref":"#/$defs/FormerStack"},"release":{"$ref":"#/$defs/AssertedRelease"},"toolsToIgnore":{"$ref":"#/$defs/ToolsToIgnore"}},"required":["role","node","id","owner"],"additionalProperties":false},
"Name": {"title":"a name of letters, digits, dots, hyphens and underscores","type":"string","pattern":"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"},
"ResourceId": {"title":"a few hexadecimal digits","type":"string","pattern":"^[0-9a-f]{6,64}$"},
"Stack": {"title":"the name of a stack: project/stack or organization/project/stack","type":"string","pattern":"^[A-Za-z0-9._-]{1,100}(/[A-Za-z0-9._-]{1,100}){1,2}$"},
"FormerStack": {"$ref":"#/$defs/Stack"},
"AssertedRelease": {"$ref":"#/$defs/Release"},
"Release": {"title":"the number of a release of Nova","type":"integer","minimum":13,"maximum":99},
"ToolsToIgnore": {"$ref":"#/$defs/Switches"},
"AcceptPendingChanges": {"const":true},
"RemoveObsoleteOptions": {"const":true},
"PackagesOnDestroy": {"const":"remove"},
"NovaConf": {"type":"object","propertyNames":{"$ref":"#/$defs/SectionName"},"maxProperties":100,"additionalProperties":{"type":"object","propertyNames":{"$ref":"#/$defs/OptionName"},"maxProperties":500,"additionalProperties":{"$ref":"#/$defs/Value"}}},
"SectionName": {"title":"the name of a section of nova.conf","type":"string","pattern":"^[A-Za-z0-9_]{1,100}$"},
"OptionName": {"title":"the name of an option of nova.conf","type":"string","pattern":"^[a-z0-9_]{1,100}$"},
"OptionKey": {"title":"section/option","type":"string","pattern":"^[A-Za-z0-9_]{1,100}/[a-z0-9_]{1,100}$"},
"Value": {"title":"one line of printable ASCII","type":"string","maxLength":65536,"pattern":"^[ -~]*$"},
"OptionReleases": {"type":"object","propertyNames":{"$ref":"#/$defs/OptionKey"},"maxProperties":1000,"additionalProperties":{"$ref":"#/$defs/Releases"}},
"OptionNames": {"type":"object","propertyNames":{"$ref":"#/$defs/OptionKey"},"maxProperties":1000,"additionalProperties":{"type":"object","propertyNames":{"$ref":"#/$defs/OptionKey"},"maxProperties":10,"additionalProperties":{"$ref":"#/$defs/Releases"}}},
"Releases": {"type":"object","properties":{"first":{"$ref":"#/$defs/Release"},"last":{"$ref":"#/$defs/Release"}},"required":["first"],"additionalProperties":false},
"ProxyFirewall": {"type":"object","properties":{"sources":{"$ref":"#/$defs/Sources"},"dropOtherSources":{"const":true}},"required":["sources"],"additionalProperties":false},
"ConsolePorts": {"type":"object","properties":{"first":{"$ref":"#/$defs/Port"},"last":{"$ref":"#/$defs/Port"},"sources":{"$ref":"#/$defs/Sources"}},"required":["first","last","sources"],"additionalProperties":false},
"Port": {"title":"a TCP port","type":"integer","minimum":1,"maximum":65535},
"Sources": {"type":"object","propertyNames":{"title":"a CIDR block, such as 192.0.2.0/24","type":"string","pattern":"^[0-9a-f:.]{2,45}/[0-9]{1,3}$"},"maxProperties":10000,"additionalProperties":{"$ref":"#/$defs/Nothing"}},
"Nothing": {"type":"object","additionalProperties":false},
"Tls": {"type":"object","properties":{"certificate":{"title":"certificates in PEM","type":"string","maxLength":262144,"pattern":"^(-----BEGIN CERTIFICATE-----\n([A-Za-z0-9+/=]{1,64}\n)+-----END CERTIFICATE-----\n)+$"},"key":{"title":"a private key in PEM","type":"string","maxLength":65536,"pattern":"^-----BEGIN ([A-Z0-9]+ )?PRIVATE KEY-----\n([A-Za-z0-9+/=]{1,64}\n)+-----END ([A-Z0-9]+ )?PRIVATE KEY-----\n$"},"host":{"title":"a host name or an address","type":"string","pattern":"^[A-Za-z0-9:._-]{1,255}$"},"terminatedUpstream":{"const":true}},"dependentRequired":{"certificate":["key"],"key":["certificate"]},"additionalProperties":false},
"WebClientSource": {"type":"object","properties":{"package":{"title":"the name of a package","type":"string","pattern":"^[A-Za-z0-9][A-Za-z0-9_.+-]{0,199}$"},"folder":{"$ref":"#/$defs/Path"},"archive":{"title":"an absolute path, or a URL of http or https","type":"string","pattern":"^(/|https?://)[!-~]{1,4096}$"},"sha256":{"title":"a SHA-256","type":"string","pattern":"^[0-9a-f]{64}$"}},"dependentRequired":{"archive":["sha256"],"sha256":["archive"],"folder":["package"]},"additionalProperties":false},
"Path": {"title":"an absolute path","type":"string","pattern":"^/[!-~]{1,4096}$"},
"Repository": {"type":"object","properties":{"id":{"title":"a name of letters, digits, dots, hyphens and underscores","type":"string","pattern":"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"},"key":{"title":"a public key in ASCII armor","type":"string","maxLength":262144,"pattern":"^-----BEGIN PGP PUBLIC KEY BLOCK-----\r?\n[\t\r\n -~]+-----END PGP PUBLIC KEY BLOCK-----\n$"},"settings":{"type":"object","properties":{"name":{"$ref":"#/$defs/Value"},"baseurl":{"$ref":"#/$defs/Value"},"mirrorlist":{"$ref":"#/$defs/Value"},"metalink":{"$ref":"#/$defs/Value"},"failovermethod":{"$ref":"#/$defs/Value"},"enabled":{"$ref":"#/$defs/Value"},"gpgcheck":{"$ref":"#/$defs/Value"},"gpgkey":{"$ref":"#/$defs/Value"},"includepkgs":{"$ref":"#/$defs/Value"}},"additionalProperties":false}},"required":["id","settings"],"additionalProperties":false},
"ControllerRecipe": {"type":"object","properties":{"firewall-rule-first":{"const":true},"restart-iptables":{"const":true},"restart-httpd":{"const":true}},"additionalProperties":false},
"ComputeRecipe": {"type":"object","properties":{"web-client-on-computes":{"const":true}},"additionalProperties":false},
"Switches": {"type":"object","propertyNames":{"title":"a word of small letters and hyphens","type":"string","pattern":"^[a-z][a-z-]{0,62}$"},"maxProperties":100,"additionalProperties":{"const":true}}
}}
""")
