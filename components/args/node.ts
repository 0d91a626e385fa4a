import * as pulumi from "@pulumi/pulumi";
import type { ConfigurationManagementTool, PackageRepository, RecipeSwitch, Release } from "../../nova";
import type { ConnectionArgs, SshArgs } from "../../remote/connection";
import { OnDestroy, type PackagesOnDestroy } from "./onDestroy";

/** What has nodes converge though nothing was declared anew. */
export interface AgainArgs {
  /**
   * Any word: when it changes, all nodes of this component converge again, though nothing else has changed; what is as declared stays, and nothing restarts.
   * For a node whose last run did not come to its end, as the error says, and after changes by hand. Its order, batches and canaries are those of any
   * `up`. 1 to 32 letters, digits, hyphens, dots, colons and underscores, such as a date. @default none
   */
  readonly convergeAgain?: string;
}

/** Configuration-management tools to ignore; see docs/refusals.md. */
export interface ConfigurationManagementArgs {
  /**
   * Configuration-management tools to ignore: those that no longer manage Nova's files and services on the node. Any other one that manages Nova there is
   * refused by name, before anything changes: it would undo it. @default none
   */
  readonly ignoreConfigurationManagement?: readonly ConfigurationManagementTool[];
}

/** What an operator can vouch for, where a node refuses before its first change. */
export interface GuardArgs extends ConfigurationManagementArgs {
  /**
   * Whether the restart of a service may also bring into force what other people have changed since it started: its configuration files, or the packages
   * it runs on. @default false: refused, with what it is
   */
  readonly acceptPendingChanges?: boolean;
}

/** How a compute knows what Nova is at on it, so that nova-compute's restart cuts nothing off. */
export interface BusyGuardArgs {
  /**
   * A section of the computes' own Nova configuration with credentials by which each asks Nova's API, besides what it sees itself: `service_user`,
   * `keystone_authtoken`, or one of yours. Its user may list all projects' servers, and migrations, as with the role `admin`. Then a server of the compute
   * that has a task, and a migration from or to it that has not ended, are waited for even where they have not reached the node; an API that does not answer
   * postpones the node. Asked only where nova-compute is about to be restarted. @default none: libvirt, processes and files on the node alone
   */
  readonly novaApiCredentials?: string;
}

/** What all nodes have in common. */
export interface NodeArgs extends GuardArgs, SoftwareArgs, OwnershipArgs, AgainArgs {
  /**
   * The node's name in messages and on the node. A node with both roles has one name. 1 to 63 letters, digits, hyphens, dots and underscores.
   * @default the component's name
   */
  readonly nodeName?: string;
  /** How to reach the node. Another address is another node: the old one gets back what it had, then the new one converges. */
  readonly connection: ConnectionArgs;
  /** Defaults for the connection, shared by many nodes. @default none */
  readonly ssh?: SshArgs;
  /** The OpenStack release that the node must have; another one is refused before anything changes. @default detected on the node */
  readonly release?: Release;
  /**
   * Further console options of nova.conf, by `section/option`, such as `{ "spice/image_compression": "lz" }`. Refused are options that this package
   * does not know, sets itself, or that the release or role does not have, and secrets. @default none
   */
  readonly extraNovaOptions?: Readonly<Record<string, pulumi.Input<string>>>;
  /**
   * Whether keys of nova.conf that Nova does not read any more, such as `[spice] keymap` from 22 on, are commented out; a revert restores them.
   * @default false: each run reports them
   */
  readonly removeObsoleteOptions?: boolean;
  /** What becomes of the node when it leaves the stack. @default OnDestroy.Restore */
  readonly onDestroy?: OnDestroy;
  /** What becomes of the packages that were installed there, when the node gets back what it had. @default PackagesOnDestroy.Keep */
  readonly packagesOnDestroy?: PackagesOnDestroy;
}

/** Whose the nodes were, where the stack had another name when it last converged them. */
export interface OwnershipArgs {
  /**
   * The former full name of this stack, after `pulumi stack rename` or a move to another backend, organization or project: `acme/openstack-spice/old`, as
   * `pulumi stack ls --all` prints it. A node keeps the name of the stack that owns what was changed there, and refuses every other one; a node of the
   * stack named here is taken over with the next `up`. Once all nodes have converged it may be left out again, which converges each once more and changes
   * nothing. Three parts, or two where the backend has no organizations; another name than the present one. @default none: only this stack's nodes
   */
  readonly formerStack?: string;
}

/** Where packages come from, and where the recipe's behaviour is taken in the place of ours. */
export interface SoftwareArgs {
  /**
   * A repository of yum's or dnf's that the nodes get before anything is installed, such as EPEL 7, which has the web client of CentOS 7. Its file
   * goes with the last role, and a key that was brought with it. Not for Debian and Ubuntu. @default none
   */
  readonly packageRepository?: PackageRepository;
  /** Behaviour of the recipe that this project started from, each named, and warned of with what it costs. @default none: ours */
  readonly recipe?: readonly RecipeSwitch[];
  /**
   * Whether Python 3, in which the program that runs on a node is written, is installed where a node has none, as CentOS 7: by yum, and only where no other
   * package changes with it. It stays when the node gets back what it had. @default false: such a node is refused
   */
  readonly installPython?: boolean;
}
