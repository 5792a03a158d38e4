export { CommandCatalogueModule } from './command-catalogue.module.ts';
