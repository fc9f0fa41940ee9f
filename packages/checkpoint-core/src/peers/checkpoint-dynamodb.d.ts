// What `openStore` calls of the optional peer, so that core compiles without it. The tests' compiler sees the package itself.
import type { Store } from "../store/contract.ts";
import type { StoreOptions } from "../store/options.ts";

export declare function dynamoStore(options: StoreOptions & { readonly url: string }): Store;
