/** As much as scripts use of packages that come without types. */

declare module 'openapi-to-postmanv2' {
  interface Conversion {
    readonly result: boolean;
    readonly reason?: string;
    readonly output?: readonly { readonly data: import('./postman-collection.ts').Collection }[];
  }
  const converter: {
    convertV2(
      input: { readonly type: 'json'; readonly data: object },
      options: Readonly<Record<string, unknown>>,
      done: (error: Error | null, conversion: Conversion) => void,
    ): void;
  };
  export default converter;
}

declare module 'newman' {
  export interface Summary {
    readonly run: {
      readonly stats: Readonly<Record<'requests' | 'assertions', { readonly total: number; readonly failed: number }>>;
      readonly failures: readonly {
        readonly source?: { readonly name: string };
        readonly error: { readonly test?: string; readonly message: string };
      }[];
    };
  }
  const newman: {
    run(options: Readonly<Record<string, unknown>>, done: (error: Error | null, summary: Summary) => void): void;
  };
  export default newman;
}
