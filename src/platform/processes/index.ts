/** Who works on the database beside us. */
export { Processes } from './processes.ts';
export { OneProcess } from './processes-one.ts';
export { PostgresProcesses } from './processes-postgres.ts';
