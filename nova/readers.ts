import { type Reader, Service } from "./optionTypes";

/** The guests' host. */
export const compute: readonly Reader[] = [{ service: Service.Compute }];

/** The SPICE proxy alone. */
export const spiceProxy: readonly Reader[] = [{ service: Service.SpiceProxy }];

/** Both proxies read the same key in the same file: a change for one is a change for the other. */
export const bothProxies: readonly Reader[] = [{ service: Service.SpiceProxy }, { service: Service.VncProxy }];
