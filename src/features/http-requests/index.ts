export { CallOut, isSuccessStatus, unexpectedStatus } from './call-out.ts';
export { HttpRequestsModule } from './http-requests.module.ts';
