import { Module } from '@nestjs/common';
import { CreateUserHandler } from './create-user.command.ts';
import { DeleteUserHandler } from './delete-user.command.ts';
import { GetUserByIdHandler } from './get-user-by-id.query.ts';
import { GetUserListHandler } from './get-user-list.query.ts';
import { UpdateUserHandler } from './update-user.command.ts';

/** People who sign in. */
@Module({
  providers: [
    CreateUserHandler,
    UpdateUserHandler,
    DeleteUserHandler,
    GetUserByIdHandler,
    GetUserListHandler,
  ],
})
export class UsersModule {}
