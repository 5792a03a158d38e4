/** `@nestjs/common` as the server has it: what plugins that import it get. */
export * from '@nestjs/common';
