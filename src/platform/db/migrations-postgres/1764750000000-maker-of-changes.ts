import type { MigrationInterface, QueryRunner } from 'typeorm';
import { TEXT } from './text-column.ts';

/** The function of the triggers; with `made_by` it says which process has made a change. */
function noteChange(isNamed: boolean): string {
  return `CREATE OR REPLACE FUNCTION note_change() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO changes (table_name, row_id, made_at${isNamed ? ', made_by' : ''}) VALUES (
      TG_TABLE_NAME,
      CASE TG_OP WHEN 'DELETE' THEN to_jsonb(OLD) ELSE to_jsonb(NEW) END ->> TG_ARGV[0],
      extract(epoch FROM now()) * 1000${isNamed ? `, current_setting('signalbox.process', true)` : ''});
    PERFORM pg_notify('signalbox_changes', '');
    RETURN NULL;
  END $$`;
}

/** Who has made a change: a process need not read its own. Those of before are everybody's. */
export class MakerOfChanges1764750000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`ALTER TABLE changes ADD COLUMN made_by ${TEXT}`);
    await runner.query(noteChange(true));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(noteChange(false));
    await runner.query('ALTER TABLE changes DROP COLUMN made_by');
  }
}
