import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { scriptText } from '../workload.ts';
import { peerRow } from './peer.ts';

const settingsFile = fileURLToPath(import.meta.resolve('../peers/node-red-settings.cjs'));

/** http in → function → http response; nothing kept, nothing isolated. */
export const nodeRed = peerRow({
  name: 'node-red',
  title: 'Node-RED {version}, function node',
  args: (folder) => {
    mkdirSync(folder, { recursive: true });
    const flowFile = join(folder, 'flows.json');
    writeFileSync(flowFile, JSON.stringify(flows()));
    const program = join('node_modules', 'node-red', 'red.js');
    return [program, '--settings', settingsFile, '--userDir', folder, flowFile];
  },
});

function flows(): object[] {
  const work = `const context = { body: msg.payload };\nconst data = (() => {\n${scriptText}\n})();`;
  const answer = `msg.payload = { success: true, data, message: 'Webhook processed successfully' };\nreturn msg;`;
  return [
    { id: 'tab', type: 'tab', label: 'bench', disabled: false, info: '' },
    ...flow('bench', 'post', `${work}\n${answer}`),
    ...flow('health', 'get', 'msg.payload = { ok: true };\nreturn msg;'),
  ];
}

function flow(name: string, method: string, func: string): object[] {
  return [
    { id: `${name}-in`, type: 'http in', z: 'tab', url: `/${name}`, method, wires: [[`${name}-run`]] },
    { id: `${name}-run`, type: 'function', z: 'tab', func, outputs: 1, wires: [[`${name}-out`]] },
    { id: `${name}-out`, type: 'http response', z: 'tab', wires: [] },
  ];
}
