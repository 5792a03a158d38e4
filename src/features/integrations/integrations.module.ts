import { Module } from '@nestjs/common';
import { EventsModule } from '../events/index.ts';
import { WebHookConfigsModule } from '../webhook-configs/index.ts';
import { WebHookRouterModule } from '../webhook-router/index.ts';
import { FixedEndpoints } from './fixed-endpoints.ts';
import { GetIntegrationNotificationByIdHandler } from './get-integration-notification-by-id.query.ts';
import { GetIntegrationNotificationListHandler } from './get-integration-notification-list.query.ts';
import { KnownNotifications } from './known-notifications.ts';
import { NotificationJobs } from './notification-jobs.ts';
import { NotificationRetention } from './notification-retention.ts';
import { Providers } from './providers.ts';
import { RecordedNotifications } from './recorded-notifications.ts';
import { ReceiveNotifications } from './receive-notifications.ts';
import { ReverifyIntegrationNotificationHandler } from './reverify-integration-notification.command.ts';
import { NotificationEffects } from './notification-effects.ts';
import { SettleNotification } from './settle-notification.ts';
import { StoreNotifications } from './store-notifications.ts';

/** Notifications of known providers at fixed addresses. */
@Module({
  imports: [EventsModule, WebHookConfigsModule, WebHookRouterModule],
  providers: [
    Providers,
    FixedEndpoints,
    KnownNotifications,
    StoreNotifications,
    ReceiveNotifications,
    RecordedNotifications,
    NotificationEffects,
    SettleNotification,
    NotificationJobs,
    NotificationRetention,
    GetIntegrationNotificationByIdHandler,
    GetIntegrationNotificationListHandler,
    ReverifyIntegrationNotificationHandler,
  ],
  exports: [FixedEndpoints, NotificationJobs],
})
export class IntegrationsModule {}
