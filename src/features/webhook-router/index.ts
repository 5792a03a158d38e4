export type { AdmittedCall } from './incoming-call.ts';
export { MatchWebHook } from './match-webhook.ts';
export { ReceiveWebHook } from './receive-webhook.ts';
export { RouterSettings } from './router-settings.ts';
export { malformed, tooLarge } from './request-body.ts';
export { ScriptLimitDefaults } from './script-limit-defaults.ts';
export { jsonHeaders, notFoundAnswer, type WebHookAnswer } from './webhook-answer.ts';
export { WebHookRouterModule } from './webhook-router.module.ts';
