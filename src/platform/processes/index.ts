/** Who works on the database beside us. */
export { type ProcessRoles, Processes } from './processes.ts';
export { OneProcess } from './processes-one.ts';
export { PostgresProcesses } from './processes-postgres.ts';
