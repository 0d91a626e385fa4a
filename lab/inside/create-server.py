#!/usr/bin/python3
"""create-server.py UUID NAME HOST: the record of a stopped server on HOST, made with Nova's own objects.

It is what nova-api, the scheduler and nova-compute would leave after a boot from an image of 64 MB and a power off.
The disk is put on the compute by the lab. From its first start on, the server is Nova's like any other.
Runs as the user nova on the controller.
"""
import sys

from nova import config, context, objects
from nova.network import model
from oslo_utils import timeutils

IMAGE = "5b1ce000-0000-4000-8000-00000000f11e"

uuid, name, host = sys.argv[1:]
config.parse_args(["create-server", "--config-file", "/etc/nova/nova.conf"])
objects.register_all()
admin = context.RequestContext("admin", "admin", is_admin=True, overwrite=False)
cell = next(c for c in objects.CellMappingList.get_all(admin) if c.uuid != objects.CellMapping.CELL0_UUID)
objects.InstanceMapping(
    admin, instance_uuid=uuid, project_id="admin", user_id="admin", cell_mapping=cell, queued_for_delete=False
).create()
flavor = objects.Flavor(
    id=1, name="lab", flavorid="lab", memory_mb=64, vcpus=1, root_gb=0, ephemeral_gb=0, swap=0, rxtx_factor=1.0,
    vcpu_weight=0, extra_specs={}, disabled=False, is_public=True, description=None, projects=[],
    created_at=timeutils.utcnow(), updated_at=None, deleted_at=None, deleted=False,
)
with context.target_cell(admin, cell) as in_cell:
    objects.Instance(
        in_cell, uuid=uuid, project_id="admin", user_id="admin", display_name=name, hostname=name,
        host=host, node=host, launched_on=host, vm_state="stopped", power_state=4, launched_at=timeutils.utcnow(),
        flavor=flavor, old_flavor=None, new_flavor=None, instance_type_id=flavor.id, memory_mb=64, vcpus=1,
        root_gb=0, ephemeral_gb=0, image_ref=IMAGE, root_device_name="/dev/vda", config_drive="",
        system_metadata={
            "image_base_image_ref": IMAGE, "image_disk_format": "qcow2", "image_container_format": "bare",
            "image_min_disk": "0", "image_min_ram": "0", "boot_roles": "admin",
        },
        metadata={}, locked=False, cell_name=None,
    ).create()
    objects.BlockDeviceMapping(
        in_cell, instance_uuid=uuid, source_type="image", destination_type="local", device_type="disk",
        disk_bus="virtio", device_name="/dev/vda", boot_index=0, image_id=IMAGE, delete_on_termination=True,
        no_device=False, volume_size=0,
    ).create()
    cache = objects.InstanceInfoCache.get_by_instance_uuid(in_cell, uuid)
    cache.network_info = model.NetworkInfo([])
    cache.save()
