/** A payment as the world knows it: times in milliseconds since 1970 UTC, amounts in cents of the currency. */
export interface Payment {
  readonly id: string;
  readonly card: string;
  readonly merchant: Merchant;
  cents: number;
  readonly channel: 'chip' | 'contactless' | 'online';
  readonly device: string | null;
  readonly paidAtMs: number;
  /** When it reaches the file: a little later than it was paid, so that the file isn't quite in order. */
  readonly arrivesAtMs: number;
}

export interface Merchant {
  readonly id: string;
  readonly currency: string;
}

/**
 * What was planted, by kind. `velocity`, `card_testing`: windows that must alarm. `almost`: windows that must not,
 * however close they are. `outlier`: an amount far from the card's usual one. `impossible`: to be rejected.
 * `duplicate`: sent twice, to be counted once. `terminal_test`: to be dropped.
 */
export type Label =
  | {
      readonly kind: 'velocity' | 'almost';
      readonly card: string;
      readonly start: string;
      readonly payments: readonly string[];
    }
  | {
      readonly kind: 'card_testing' | 'almost_card_testing';
      readonly merchant: string;
      readonly start: string;
      readonly payments: readonly string[];
    }
  | { readonly kind: 'outlier'; readonly payment: string; readonly card: string }
  | { readonly kind: 'impossible' | 'duplicate' | 'terminal_test'; readonly payment: string };
