export { copyDatabase } from './copy-database.ts';
export { CopyRefusal } from './copy-refusal.ts';
