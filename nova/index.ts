/** What Nova accepts: releases, console options, the part of nova.conf that a role declares, and the checks before anything runs. Pure functions. */
export * from "./cidr";
export * from "./consolePorts";
export * from "./desiredState";
export * from "./extraOptions";
export * from "./faults";
export * from "./fragment";
export * from "./hosts";
export * from "./managers";
export * from "./nodes";
export * from "./options";
export * from "./optionTypes";
export * from "./proxy";
export * from "./releases";
export * from "./roles";
export * from "./value";
