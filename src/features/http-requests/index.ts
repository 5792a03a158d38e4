export { HttpRequestsModule } from './http-requests.module.ts';
