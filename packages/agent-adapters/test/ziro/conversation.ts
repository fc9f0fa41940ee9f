// The messages of `@ziro-agent/core`.

export interface TextPart {
  type: "text";
  text: string;
}

export interface ImagePart {
  type: "image";
  image: string | URL | Uint8Array;
  mimeType?: string;
}

export interface AudioPart {
  type: "audio";
  audio: string | URL | Uint8Array;
  mimeType?: string;
}

export interface FilePart {
  type: "file";
  file: string | URL | Uint8Array;
  mimeType?: string;
  filename?: string;
}

export interface VideoPart {
  type: "video";
  video: string | URL | Uint8Array;
  mimeType?: string;
  filename?: string;
}

export interface ToolCallPart {
  type: "tool-call";
  toolCallId: string;
  toolName: string;
  args: unknown;
}

export interface ToolResultPart {
  type: "tool-result";
  toolCallId: string;
  toolName: string;
  result: unknown;
  isError?: boolean;
}

export type ContentPart =
  | TextPart
  | ImagePart
  | AudioPart
  | FilePart
  | VideoPart
  | ToolCallPart
  | ToolResultPart;

export type ChatMessage =
  | { role: "system"; content: string }
  | { role: "user"; content: string | (TextPart | ImagePart | AudioPart | FilePart | VideoPart)[] }
  | { role: "assistant"; content: string | (TextPart | ToolCallPart)[] }
  | { role: "tool"; content: ToolResultPart[] };

export interface TokenUsage {
  promptTokens?: number;
  completionTokens?: number;
  totalTokens?: number;
  cachedPromptTokens?: number;
  reasoningTokens?: number;
}
