import 'reflect-metadata';
import { type Config, ConfigError, readConfig } from './config.ts';
import { assertSafeRuntime } from './engines/script/index.ts';
import { armFaultPoint } from './platform/fault-points.ts';
import { createLogger } from './platform/logger.ts';
import { startServer } from './server.ts';
import { welcome } from './welcome.ts';

/** How long a stop may take; after that, what still runs is left to the next start. */
const STOP_MS_MAX = 28_000;

function refuseStart(sentences: readonly string[]): never {
  process.stderr.write(`Signalbox cannot start:\n${sentences.map((sentence) => `  ${sentence}\n`).join('')}`);
  process.exit(1);
}

function configOrRefuse(): Config {
  try {
    assertSafeRuntime();
    return readConfig();
  } catch (error) {
    refuseStart(error instanceof ConfigError ? error.sentences : [(error as Error).message]);
  }
}

async function main(): Promise<void> {
  const config = configOrRefuse();
  if (config.faultPoint) armFaultPoint(config.faultPoint);
  const logger = await createLogger({ level: config.logLevel, isReadable: !config.isProduction });
  const running = await startServer(config, logger).catch((error: NodeJS.ErrnoException) =>
    refuseStart([sentenceOf(error, config)]),
  );
  await welcome(running, config, logger);
  let isStopping = false;
  const stop = (signal: string) => {
    if (isStopping) return;
    isStopping = true;
    logger.info({ signal }, 'stopping');
    setTimeout(() => process.exit(0), STOP_MS_MAX).unref();
    void running.stop().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error({ err: error }, 'the stop was not clean');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
}

function sentenceOf(error: NodeJS.ErrnoException, config: Config): string {
  if (error.code === 'EADDRINUSE')
    return `PORT ${config.port} is taken by another process on ${config.host}.`;
  if (error.code === 'EACCES') return `PORT ${config.port} needs more rights than this process has.`;
  if (error.code === 'EADDRNOTAVAIL') return `HOST ${config.host} is not an address of this machine.`;
  if (error.message.includes('unable to authenticate data')) {
    return 'SECRETS_KEY is not the key with which this database was written.';
  }
  return error.message;
}

await main();
