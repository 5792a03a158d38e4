import { Module } from '@nestjs/common';
import { ActivateWebHookConfigHandler } from './activate-webhook-config.command.ts';
import { CheckRunnable } from './check-runnable.ts';
import { CreateWebHookConfigHandler } from './create-webhook-config.command.ts';
import { DeactivateWebHookConfigHandler } from './deactivate-webhook-config.command.ts';
import { DeleteWebHookConfigHandler } from './delete-webhook-config.command.ts';
import { DiscardWebHookConfigDraftHandler } from './discard-webhook-config-draft.command.ts';
import { GetWebHookConfigByIdHandler } from './get-webhook-config-by-id.query.ts';
import { GetWebHookConfigListHandler } from './get-webhook-config-list.query.ts';
import { GetWebHookConfigVersionListHandler } from './get-webhook-config-version-list.query.ts';
import { LookupWebHookByKeyHandler } from './lookup-webhook-by-key.command.ts';
import { OwnedWebHookConfigs } from './owned-webhook-configs.ts';
import { PublishWebHookConfigDraftHandler } from './publish-webhook-config-draft.command.ts';
import { RestoreWebHookConfigVersionHandler } from './restore-webhook-config-version.command.ts';
import { SaveWebHookConfigDraftHandler } from './save-webhook-config-draft.command.ts';
import { UnsavedConfigs } from './unsaved-configs.ts';
import { UpdateWebHookConfigHandler } from './update-webhook-config.command.ts';
import { WebHookConfigDirectory } from './webhook-config-directory.ts';
import { WebHookConfigDrafts } from './webhook-config-drafts.ts';
import { WebHookConfigVersions } from './webhook-config-versions.ts';
import { WebHookConfigs } from './webhook-configs.ts';

/** Which webhooks there are and what each of them runs. */
@Module({
  providers: [
    CheckRunnable,
    WebHookConfigDirectory,
    WebHookConfigs,
    WebHookConfigDrafts,
    WebHookConfigVersions,
    UnsavedConfigs,
    OwnedWebHookConfigs,
    CreateWebHookConfigHandler,
    UpdateWebHookConfigHandler,
    ActivateWebHookConfigHandler,
    DeactivateWebHookConfigHandler,
    DeleteWebHookConfigHandler,
    GetWebHookConfigByIdHandler,
    GetWebHookConfigListHandler,
    LookupWebHookByKeyHandler,
    SaveWebHookConfigDraftHandler,
    PublishWebHookConfigDraftHandler,
    DiscardWebHookConfigDraftHandler,
    GetWebHookConfigVersionListHandler,
    RestoreWebHookConfigVersionHandler,
  ],
  exports: [UnsavedConfigs, WebHookConfigDirectory, WebHookConfigVersions],
})
export class WebHookConfigsModule {}
