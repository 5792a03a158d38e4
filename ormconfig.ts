import 'reflect-metadata';
import { DataSource } from 'typeorm';

/**
 * For the TypeORM command line: `npm run db -- migration:show`, `migration:run`, `migration:revert`. It reads the
 * built code, because the command line cannot compile decorators.
 */
const built = (path: string) => import(new URL(`./dist/${path}`, import.meta.url).href) as Promise<unknown>;

const { readVariable } = (await built('config.js')) as typeof import('./src/config.ts');
const { dataSourceOptions } = (await built(
  'platform/db/index.js',
)) as typeof import('./src/platform/db/index.ts');
const { entities } = (await built('app.entities.js')) as typeof import('./src/app.entities.ts');

export default new DataSource(await dataSourceOptions(readVariable('DATABASE_URL'), entities));
