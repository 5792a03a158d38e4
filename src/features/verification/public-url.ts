/** How the outside reaches us: some senders sign the URL that they call. */
export abstract class PublicUrl {
  /** Null: the operator has not said it. */
  abstract readonly publicUrl: string | null;
}
