/** Desktops in a cloud with SPICE consoles: what their images and flavors say, for native clients and for the browser. */
import * as openstack from "@pulumi/openstack";
import * as pulumi from "@pulumi/pulumi";
import { CompressionPreset, ConsoleClient, Release, SoundModel, guestConsole } from "openstack-spice";

const release = Release.Flamingo;
const image = {
  ...{ containerFormat: "bare", diskFormat: "qcow2" },
  localFilePath: new pulumi.Config().get("image") ?? "/srv/images/desktop.qcow2",
};

// Sound both ways, and two USB devices of the user's at a time.
const native = guestConsole({
  ...{ release, client: ConsoleClient.Native },
  ...{ sound: SoundModel.Ich9, microphone: true, redirectedUsbPorts: 2, usbTablet: true },
});
new openstack.images.Image("desktop-native", { ...image, properties: native.imageProperties });
new openstack.compute.Flavor("desktop-native", { ram: 4096, vcpus: 2, disk: 20, extraSpecs: native.extraSpecs });

// Video in the browser. The computes have `compression: { preset: video }`.
const browser = guestConsole({ release, client: ConsoleClient.Html5, preset: CompressionPreset.Video });
new openstack.images.Image("desktop-browser", { ...image, properties: browser.imageProperties });
