export { timeColumn } from './columns.ts';
export { Database, dataSourceOptions, sqlitePath, type EntityClass } from './database.ts';
export { DbModule } from './db.module.ts';
export { WriteDoor, type HotTable, type TableRows, type Tx } from './write-door.ts';
