/** What travels between here and a node: the desired state, as a typed object and as text, and the report. Imports nothing. */
export * from "./desiredState";
export * from "./desiredStateTypes";
export * from "./limits";
export * from "./report";
