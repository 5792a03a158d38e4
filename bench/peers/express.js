import vm from 'node:vm';
import express from 'express';
import { scriptText } from '../workload.ts';

// Compiled once, run in a fresh context per call: what one would write.
const script = new vm.Script(`(() => {\n${scriptText}\n})()`);

const app = express();
app.use(express.json());
app.get('/health', (_request, response) => {
  response.json({ ok: true });
});
app.post('/bench', (request, response) => {
  const data = script.runInNewContext({ context: { body: request.body } }, { timeout: 1000 });
  response.json({ success: true, data, message: 'Webhook processed successfully' });
});
app.listen(Number(process.env.PORT), '127.0.0.1');
process.on('SIGTERM', () => process.exit(0));
