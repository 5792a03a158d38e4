export { timeColumn } from './columns.ts';
export { Database, dataSourceOptions, sqlitePath, type EntityClass } from './database.ts';
export { DbModule } from './db.module.ts';
export { PackSweep, type PayloadsBefore } from './pack-sweep.ts';
export { packsOf, type Payload } from './payload-packs.ts';
export type { HotTable, TableRow } from './row-batch.ts';
export { RowsByAge } from './rows-by-age.ts';
export { untilStored } from './until-stored.ts';
export { WriteDoor, type Tx } from './write-door.ts';
