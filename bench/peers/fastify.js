import Fastify from 'fastify';
import { summarize } from '../workload.ts';

const app = Fastify();
app.get('/health', () => ({ ok: true }));
app.post('/bench', (request) => ({
  success: true,
  data: summarize(request.body),
  message: 'Webhook processed successfully',
}));
await app.listen({ host: '127.0.0.1', port: Number(process.env.PORT) });
process.on('SIGTERM', () => process.exit(0));
