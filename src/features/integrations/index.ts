export { FixedEndpoints, type FixedCall } from './fixed-endpoints.ts';
export { IntegrationCheckEntity } from './integration-check.entity.ts';
export { IntegrationEffectEntity } from './integration-effect.entity.ts';
export { IntegrationNotificationEntity } from './integration-notification.entity.ts';
export { IntegrationSettings, type RemitaSettings } from './integration-settings.ts';
export { IntegrationsModule } from './integrations.module.ts';
export { NotificationJobs } from './notification-jobs.ts';
export { notificationMetrics } from './notification-metrics.ts';
