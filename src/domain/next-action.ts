/** What the customer has to do before the money can be taken, such as 3-D Secure. One of the two says where. */
export interface NextAction {
  type: string;
  /** For the provider's own script in the customer's browser. */
  clientSecret: string | null;
  redirectUrl: string | null;
}
