/** What becomes of the packages that this stack installed on a node, once the node gets back what it had. */
export enum PackagesOnDestroy {
  /** They stay, switched off. */
  Keep = "keep",
  /**
   * They are removed: those that were missing before, without what came as their dependencies and without configuration files. One that is in use by then (a
   * guest with SPICE, another proxy, a package that needs it) stays and is reported.
   */
  Remove = "remove",
}

/** What becomes of a node when it leaves the stack, or the stack is destroyed. */
export enum OnDestroy {
  /** It gets back what was there before, key by key: what somebody else changed since is left and reported. */
  Restore = "restore",
  /**
   * It stays as it is. Going over to this, or back, connects to no node: a node that is gone for good leaves the stack by way of it, in two runs of
   * `pulumi up`, one that keeps it and one without it.
   */
  Keep = "keep",
}
