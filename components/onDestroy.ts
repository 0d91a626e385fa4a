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
