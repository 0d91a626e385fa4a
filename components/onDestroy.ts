/** What becomes of a node when it leaves the stack, or the stack is destroyed. */
export enum OnDestroy {
  /** It gets back what was there before, key by key: what somebody else changed since is left and reported. */
  Restore = "restore",
  /** It stays as it is. */
  Keep = "keep",
}
