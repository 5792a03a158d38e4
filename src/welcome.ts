import { type Caller, Dispatcher, permissionsOfRole } from './bus/index.ts';
import type { Config } from './config.ts';
import { WebHookConfigDirectory } from './features/webhook-configs/index.ts';
import type { Logger } from './platform/logger.ts';
import type { RunningServer } from './server.ts';

const EXAMPLE_KEY = 'hello';

const exampleScript = `const { name = 'stranger' } = context.body ?? {};
console.log('greeting', name);
return { greeting: \`Hello, \${name}!\` };`;

/** Says that the server answers; in development with everything that a newcomer needs for the first call. */
export async function welcome(running: RunningServer, config: Config, logger: Logger): Promise<void> {
  const { http, worker } = config.roles;
  logger.info({ url: running.url, roles: { http, worker } }, 'Signalbox is ready');
  const { generatedPassword } = running;
  if (config.isProduction || !http) {
    if (generatedPassword !== null)
      process.stdout.write(`Admin login: admin / ${generatedPassword} (shown only this once)\n`);
    return;
  }
  const directory = running.app.get(WebHookConfigDirectory);
  // Only an installation without any configuration gets the example: nobody's deleted example comes back beside real ones.
  if (directory.all().length === 0) await createExample(running);
  process.stdout.write(greeting(running, directory.findByKey(EXAMPLE_KEY)?.isEnabled === true));
}

function greeting({ url, generatedPassword }: RunningServer, hasExample: boolean): string {
  const login =
    generatedPassword === null
      ? 'admin, with the password of the first start'
      : `admin / ${generatedPassword} (shown only this once)`;
  const example = `
  Try the example webhook "${EXAMPLE_KEY}":

    curl -s ${url}/api/webhooks/dynamic/${EXAMPLE_KEY} -H 'Content-Type: application/json' -d '{"name":"Ada"}'
`;
  return `
Signalbox is ready.

  Address      ${url}
  Admin login  ${login}
  API docs     ${url}/api/docs
${hasExample ? example : ''}
`;
}

async function createExample({ app, adminId }: RunningServer): Promise<void> {
  if (adminId === null) return;
  const caller: Caller = {
    id: adminId,
    kind: 'user',
    name: 'admin',
    accountId: 'default',
    isAccountBound: false,
    permissions: permissionsOfRole.admin,
  };
  await app.get(Dispatcher).dispatch({
    type: 'CreateWebHookConfigCommand',
    input: {
      key: EXAMPLE_KEY,
      description: 'Says hello: an example of a scripted webhook',
      isEnabled: true,
      path: '/webhooks/hello',
      action: 'POST',
      executionType: 2,
      executionCode: exampleScript,
    },
    caller,
    origin: {},
  });
}
