import type { Target } from '../servers/server.ts';
import type { LoadPlan } from './load.ts';
import { fireAutocannon } from './autocannon.ts';

const { target, plan } = JSON.parse(process.argv[2] ?? '{}') as { target: Target; plan: LoadPlan };
const result = await fireAutocannon(target, plan);
process.stdout.write(`RESULT ${JSON.stringify(result)}\n`);
