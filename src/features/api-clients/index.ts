export { ApiClientsModule } from './api-clients.module.ts';
