import { eventually } from "../../support/eventually";
import { LabNode } from "../../support/lab";

/** A compute with the real nova-compute, and the controller whose message queue and conductor it is joined to. */
export interface QueuedCompute {
  readonly compute: LabNode;
  readonly controller: LabNode;
}

/**
 * Boots both. Unlike the lab's own cloud they can be many, and have no guest.
 *
 * @param prefix of their names, `PREFIX-q` and `PREFIX-c`: at most 13 characters
 * @param layer of the compute
 * @param unit of its nova-compute
 * @param controllerLayer `keystone`: Nova's API asks a real Keystone who calls
 */
export async function bootQueuedCompute(
  prefix: string,
  layer = "compute-ready",
  unit = "nova-compute",
  controllerLayer = "controller-ready",
): Promise<QueuedCompute> {
  const [controller, compute] = await Promise.all([
    LabNode.boot(`${prefix}-q`, controllerLayer),
    LabNode.boot(`${prefix}-c`, layer),
  ]);
  const rename = `sed -i '/ control-1$/d' /etc/hosts && echo '${controller.address} control-1' >>/etc/hosts`;
  // The queue's users belong to the name of its node, which is another one here.
  await eventually("the message queue takes its user", 60, async () => {
    const command = `${rename}; rabbitmqctl -q add_user lab lab-password && rabbitmqctl -q set_permissions lab '.*' '.*' '.*'`;
    return (await controller.run(command)).status === 0 || undefined;
  });
  await controller.read("systemctl restart nova-conductor");
  await compute.read(`${rename} && systemctl restart ${unit}`);
  return { compute, controller };
}
