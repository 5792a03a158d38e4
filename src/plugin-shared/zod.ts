/** `zod` as the server has it: what plugins that import it get. */
export * from 'zod';
// oxlint-disable-next-line import/no-default-export -- zod has one too
export { default } from 'zod';
