import { Controller, Get, Inject, Res } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { ExpressionPool } from '../engines/expression/index.ts';
import { ScriptPool } from '../engines/script/index.ts';
import { Database, WriteDoor } from '../platform/db/index.ts';

/** How long a part may take to answer before it counts as away. */
const CHECK_MS = 1_000;

/** `/health/live`: the process answers. `/health/ready`: every part it needs does. */
@Controller('health')
export class HealthController {
  constructor(
    @Inject(Database) private readonly database: Database,
    @Inject(WriteDoor) private readonly door: WriteDoor,
    @Inject(ScriptPool) private readonly scripts: ScriptPool,
    @Inject(ExpressionPool) private readonly expressions: ExpressionPool,
  ) {}

  @Get('live')
  live() {
    return { status: 'ok' };
  }

  @Get('ready')
  async ready(@Res() reply: FastifyReply): Promise<void> {
    const checks = {
      database: !this.database.changes.isCutOff && (await isUp(this.database.ping())),
      writeDoor: this.door.failuresInARow === 0 || (await isUp(this.door.append([]))),
      scriptPool: this.scripts.isReady,
      expressionPool: this.expressions.isReady,
    };
    const isReady = Object.values(checks).every(Boolean);
    const shown = Object.fromEntries(Object.entries(checks).map(([name, up]) => [name, up ? 'up' : 'down']));
    void reply.status(isReady ? 200 : 503).send({ status: isReady ? 'ok' : 'unavailable', checks: shown });
  }
}

async function isUp(check: Promise<unknown>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, CHECK_MS, false);
  });
  try {
    return await Promise.race([check.then(() => true), late]);
  } catch {
    return false;
  } finally {
    clearTimeout(timer);
  }
}
