/* The layers of multilingual-e5-small over weights of 4 bits, or of 8 for the reader, and at the end the comparison of
 * vectors with packed ones, and what many numbers come to place by place.
 * `kernel.py` packs the weights.
 *
 * Weights of 16 output rows stand side by side: for each block of 32 inputs four lines of 16 × 4 bytes, a byte holding
 * input i in its low half and input i + 16 in its high half, and a line of 16 scales. So a vector register sums 16 rows
 * at once and becomes a float once in 32 inputs. Inputs are rounded to 8 bits with one step for each block.
 * Weights of 8 bits, each raised by 128, stand in the same order: eight lines a block, of which each has four inputs.
 * Every token is computed alone and in the same order, whatever it is embedded with. Nothing is kept between calls.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

enum { WIDTH = 384, INNER = 1536, HEADS = 12, HEAD = 32, BLOCK = 32, ROWS = 16, LINE = 4 * ROWS, TOKENS = 4, SIDE_BY_SIDE = 4, PLACES = 4 };
enum { DONE, NO_MEMORY, NO_SUCH_LEVEL };

typedef struct { const uint8_t *weights; const float *scales, *bias; } Linear;
typedef struct { const float *scale, *shift; } Norm;
typedef struct { Linear heads, context, up, down; Norm attended, finished; } Layer;

/* Tokens in 8 bits: value × step is the input, and `offsets` takes off what storing weights as 0…15 added. */
typedef struct { int8_t *values; float *steps; int32_t *offsets; } Rounded;

/* 16 rows × TOKENS tokens; `in` begins at the first of the tokens. */
typedef void Tile(Linear rows, int blocks, Rounded in, float *out, int stride);

/* How wide a weight is, and what multiplies weights of that width on this processor. */
typedef struct { int bits; Tile *tile; } Form;

#define INLINE static inline __attribute__((always_inline))

INLINE int32_t four_bytes(const int8_t *bytes) { int32_t four; memcpy(&four, bytes, 4); return four; }

/* In registers of 16 bytes, as every processor of 64 bits has them: 4 rows × 4 inputs a line, two inputs a 16-bit lane. */
static void portable_tile(Linear rows, int blocks, Rounded in, float *out, int stride) {
    typedef int16_t Pairs __attribute__((vector_size(16)));
    typedef uint16_t Line __attribute__((vector_size(16)));
    typedef int32_t Fours __attribute__((vector_size(16)));
    for (int row = 0; row < ROWS; row += 4) {
        float sum[TOKENS][4];
        for (int t = 0; t < TOKENS; t++) memcpy(sum[t], rows.bias + row, sizeof sum[t]);
        for (int b = 0; b < blocks; b++) {
            Pairs pairs[TOKENS] = {{0}}; /* 16 bits hold 16 products: 16 × 15 × 127 < 2¹⁵ */
            for (int i = 0; i < 4; i++) {
                Line line;
                memcpy(&line, rows.weights + (b * 4 + i) * LINE + 4 * row, sizeof line);
                Pairs low_even = (Pairs)(line & 15), low_odd = (Pairs)(line >> 8 & 15);
                Pairs high_even = (Pairs)(line >> 4 & 15), high_odd = (Pairs)(line >> 12);
                for (int t = 0; t < TOKENS; t++) {
                    const int8_t *values = in.values + (t * blocks + b) * BLOCK + 4 * i;
                    int32_t first = four_bytes(values), second = four_bytes(values + 16);
                    Pairs low = (Pairs)(Fours){first, first, first, first};
                    Pairs high = (Pairs)(Fours){second, second, second, second};
                    pairs[t] += low_even * ((low << 8) >> 8) + low_odd * (low >> 8);
                    pairs[t] += high_even * ((high << 8) >> 8) + high_odd * (high >> 8);
                }
            }
            for (int t = 0; t < TOKENS; t++) {
                Fours dot = ((((Fours)pairs[t]) << 16) >> 16) + ((Fours)pairs[t] >> 16) + in.offsets[t * blocks + b];
                for (int r = 0; r < 4; r++)
                    sum[t][r] += (float)dot[r] * (rows.scales[b * ROWS + row + r] * in.steps[t * blocks + b]);
            }
        }
        for (int t = 0; t < TOKENS; t++) memcpy(out + t * stride + row, sum[t], sizeof sum[t]);
    }
}

/* The same for weights of 8 bits, of which only two products fit into 16 bits: 2 × 127 × 127 < 2¹⁵. */
static void portable_wide_tile(Linear rows, int blocks, Rounded in, float *out, int stride) {
    typedef int16_t Pairs __attribute__((vector_size(16)));
    typedef int32_t Fours __attribute__((vector_size(16)));
    for (int row = 0; row < ROWS; row += 4) {
        float sum[TOKENS][4];
        for (int t = 0; t < TOKENS; t++) memcpy(sum[t], rows.bias + row, sizeof sum[t]);
        for (int b = 0; b < blocks; b++) {
            Fours dot[TOKENS] = {{0}};
            for (int i = 0; i < 8; i++) {
                Pairs line;
                memcpy(&line, rows.weights + (b * 8 + i) * LINE + 4 * row, sizeof line);
                line ^= (int16_t)0x8080;
                for (int t = 0; t < TOKENS; t++) {
                    int32_t four = four_bytes(in.values + (t * blocks + b) * BLOCK + 4 * i);
                    Pairs values = (Pairs)(Fours){four, four, four, four};
                    Pairs pairs = ((line << 8) >> 8) * ((values << 8) >> 8) + (line >> 8) * (values >> 8);
                    dot[t] += ((((Fours)pairs) << 16) >> 16) + ((Fours)pairs >> 16);
                }
            }
            for (int t = 0; t < TOKENS; t++)
                for (int r = 0; r < 4; r++)
                    sum[t][r] += (float)dot[t][r] * (rows.scales[b * ROWS + row + r] * in.steps[t * blocks + b]);
        }
        for (int t = 0; t < TOKENS; t++) memcpy(out + t * stride + row, sum[t], sizeof sum[t]);
    }
}

#if defined(__x86_64__)
#define AVX2 __attribute__((target("avx2,fma")))
#define AVX512 __attribute__((target("avx512f,avx512bw,avx512vl,avx512vnni,avx2,fma")))

AVX2 static void avx2_tile(Linear rows, int blocks, Rounded in, float *out, int stride) {
    const __m256i low_half = _mm256_set1_epi8(15), ones = _mm256_set1_epi16(1);
    for (int half = 0; half < ROWS; half += 8) {
        __m256 sum[TOKENS];
        for (int t = 0; t < TOKENS; t++) sum[t] = _mm256_loadu_ps(rows.bias + half);
        for (int b = 0; b < blocks; b++) {
            __m256i pairs[TOKENS]; /* 16 bits hold 8 sums of two products: 8 × 2 × 15 × 127 < 2¹⁵ */
            for (int t = 0; t < TOKENS; t++) pairs[t] = _mm256_setzero_si256();
            for (int i = 0; i < 4; i++) {
                __m256i line = _mm256_loadu_si256((const __m256i *)(rows.weights + (b * 4 + i) * LINE + 4 * half));
                __m256i low = _mm256_and_si256(line, low_half);
                __m256i high = _mm256_and_si256(_mm256_srli_epi16(line, 4), low_half);
                for (int t = 0; t < TOKENS; t++) {
                    const int8_t *values = in.values + (t * blocks + b) * BLOCK + 4 * i;
                    __m256i first = _mm256_maddubs_epi16(low, _mm256_set1_epi32(four_bytes(values)));
                    __m256i second = _mm256_maddubs_epi16(high, _mm256_set1_epi32(four_bytes(values + 16)));
                    pairs[t] = _mm256_add_epi16(pairs[t], _mm256_add_epi16(first, second));
                }
            }
            __m256 scale = _mm256_loadu_ps(rows.scales + b * ROWS + half);
            for (int t = 0; t < TOKENS; t++) {
                __m256i offset = _mm256_set1_epi32(in.offsets[t * blocks + b]);
                __m256 dot = _mm256_cvtepi32_ps(_mm256_add_epi32(_mm256_madd_epi16(pairs[t], ones), offset));
                sum[t] = _mm256_fmadd_ps(dot, _mm256_mul_ps(scale, _mm256_set1_ps(in.steps[t * blocks + b])), sum[t]);
            }
        }
        for (int t = 0; t < TOKENS; t++) _mm256_storeu_ps(out + t * stride + half, sum[t]);
    }
}

/* Sizes of inputs times weights with the inputs' signs: 16 bits hold the sum of two, 2 × 127 × 127 < 2¹⁵. */
AVX2 static void avx2_wide_tile(Linear rows, int blocks, Rounded in, float *out, int stride) {
    const __m256i raised = _mm256_set1_epi8(-128), ones = _mm256_set1_epi16(1);
    for (int half = 0; half < ROWS; half += 8) {
        __m256 sum[TOKENS];
        for (int t = 0; t < TOKENS; t++) sum[t] = _mm256_loadu_ps(rows.bias + half);
        for (int b = 0; b < blocks; b++) {
            __m256i dot[TOKENS];
            for (int t = 0; t < TOKENS; t++) dot[t] = _mm256_setzero_si256();
            for (int i = 0; i < 8; i++) {
                __m256i line = _mm256_loadu_si256((const __m256i *)(rows.weights + (b * 8 + i) * LINE + 4 * half));
                line = _mm256_xor_si256(line, raised);
                for (int t = 0; t < TOKENS; t++) {
                    __m256i values = _mm256_set1_epi32(four_bytes(in.values + (t * blocks + b) * BLOCK + 4 * i));
                    __m256i pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(values), _mm256_sign_epi8(line, values));
                    dot[t] = _mm256_add_epi32(dot[t], _mm256_madd_epi16(pairs, ones));
                }
            }
            __m256 scale = _mm256_loadu_ps(rows.scales + b * ROWS + half);
            for (int t = 0; t < TOKENS; t++) {
                __m256 step = _mm256_set1_ps(in.steps[t * blocks + b]);
                sum[t] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(dot[t]), _mm256_mul_ps(scale, step), sum[t]);
            }
        }
        for (int t = 0; t < TOKENS; t++) _mm256_storeu_ps(out + t * stride + half, sum[t]);
    }
}

AVX512 static void avx512_tile(Linear rows, int blocks, Rounded in, float *out, int stride) {
    const __m512i low_half = _mm512_set1_epi8(15);
    __m512 sum[TOKENS];
    for (int t = 0; t < TOKENS; t++) sum[t] = _mm512_loadu_ps(rows.bias);
    for (int b = 0; b < blocks; b++) {
        __m512i dot[TOKENS];
        for (int t = 0; t < TOKENS; t++) dot[t] = _mm512_set1_epi32(in.offsets[t * blocks + b]);
        for (int i = 0; i < 4; i++) {
            __m512i line = _mm512_loadu_si512(rows.weights + (b * 4 + i) * LINE);
            __m512i low = _mm512_and_si512(line, low_half);
            __m512i high = _mm512_and_si512(_mm512_srli_epi16(line, 4), low_half);
            for (int t = 0; t < TOKENS; t++) {
                const int8_t *values = in.values + (t * blocks + b) * BLOCK + 4 * i;
                dot[t] = _mm512_dpbusd_epi32(dot[t], low, _mm512_set1_epi32(four_bytes(values)));
                dot[t] = _mm512_dpbusd_epi32(dot[t], high, _mm512_set1_epi32(four_bytes(values + 16)));
            }
        }
        __m512 scale = _mm512_loadu_ps(rows.scales + b * ROWS);
        for (int t = 0; t < TOKENS; t++) {
            __m512 step = _mm512_set1_ps(in.steps[t * blocks + b]);
            sum[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot[t]), _mm512_mul_ps(scale, step), sum[t]);
        }
    }
    for (int t = 0; t < TOKENS; t++) _mm512_storeu_ps(out + t * stride, sum[t]);
}

AVX512 static void avx512_wide_tile(Linear rows, int blocks, Rounded in, float *out, int stride) {
    __m512 sum[TOKENS];
    for (int t = 0; t < TOKENS; t++) sum[t] = _mm512_loadu_ps(rows.bias);
    for (int b = 0; b < blocks; b++) {
        __m512i dot[TOKENS];
        for (int t = 0; t < TOKENS; t++) dot[t] = _mm512_set1_epi32(16 * in.offsets[t * blocks + b]);
        for (int i = 0; i < 8; i++) {
            __m512i line = _mm512_loadu_si512(rows.weights + (b * 8 + i) * LINE);
            for (int t = 0; t < TOKENS; t++) {
                const int8_t *values = in.values + (t * blocks + b) * BLOCK + 4 * i;
                dot[t] = _mm512_dpbusd_epi32(dot[t], line, _mm512_set1_epi32(four_bytes(values)));
            }
        }
        __m512 scale = _mm512_loadu_ps(rows.scales + b * ROWS);
        for (int t = 0; t < TOKENS; t++) {
            __m512 step = _mm512_set1_ps(in.steps[t * blocks + b]);
            sum[t] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(dot[t]), _mm512_mul_ps(scale, step), sum[t]);
        }
    }
    for (int t = 0; t < TOKENS; t++) _mm512_storeu_ps(out + t * stride, sum[t]);
}
#endif

INLINE int32_t bits_of(float x) { int32_t bits; memcpy(&bits, &x, 4); return bits; }
INLINE float float_of(int32_t bits) { float x; memcpy(&x, &bits, 4); return x; }

/* Added to a small number, it leaves the nearest whole number in the low bits. */
#define ROUNDER 12582912.0f

/* eˣ for x ≤ 0 within 2 · 10⁻⁷ of itself: 2ⁿ · 2ᶠ with f in ±½ by its Taylor series. No branch, so that loops vectorise. */
INLINE float exp_of(float x) {
    float power = (x < -87.0f ? -87.0f : x) * 1.44269504f;
    int32_t whole = bits_of(power + ROUNDER) - bits_of(ROUNDER);
    float f = power - (float)whole;
    float series = 1.5403530e-4f;
    series = series * f + 1.3333558e-3f;
    series = series * f + 9.6181291e-3f;
    series = series * f + 5.5504109e-2f;
    series = series * f + 2.4022651e-1f;
    series = series * f + 6.9314718e-1f;
    return (series * f + 1.0f) * float_of((whole + 127) << 23);
}

/* x · Φ(x), the error function after Abramowitz and Stegun 7.1.26: 1.5 · 10⁻⁷. */
INLINE void gelu(float *x, long count) {
    for (long i = 0; i < count; i++) {
        float size = fabsf(x[i]) * 0.70710678f, t = 1.0f / (1.0f + 0.3275911f * size);
        float series = t * (0.254829592f + t * (-0.284496736f + t * (1.421413741f + t * (-1.453152027f + t * 1.061405429f))));
        float error = 1.0f - series * exp_of(-size * size);
        x[i] = 0.5f * x[i] * (1.0f + copysignf(error, x[i]));
    }
}

INLINE void round_rows(const float *x, int stride, int width, int tokens, Rounded out) {
    for (int t = 0; t < tokens; t++)
        for (int b = 0; b < width / BLOCK; b++) {
            const float *block = x + (long)t * stride + b * BLOCK;
            int8_t *values = out.values + (long)t * width + b * BLOCK;
            float largest = 0.0f;
            for (int i = 0; i < BLOCK; i++) largest = fabsf(block[i]) > largest ? fabsf(block[i]) : largest;
            float step = largest / 127.0f, steps = step > 0.0f ? 1.0f / step : 0.0f;
            int32_t sum = 0;
            for (int i = 0; i < BLOCK; i++) {
                values[i] = (int8_t)bits_of(block[i] * steps + ROUNDER);
                sum += values[i];
            }
            out.steps[t * (width / BLOCK) + b] = step;
            out.offsets[t * (width / BLOCK) + b] = -8 * sum;
        }
}

INLINE void linear(Linear weights, int rows, int width, Rounded in, int tokens, float *out, int stride, Form form) {
    int blocks = width / BLOCK;
    for (int row = 0; row < rows; row += ROWS) {
        Linear part = {weights.weights + (long)row * width * form.bits / 8, weights.scales + row * blocks, weights.bias + row};
        for (int t = 0; t < tokens; t += TOKENS) {
            Rounded four = {in.values + (long)t * width, in.steps + t * blocks, in.offsets + t * blocks};
            form.tile(part, blocks, four, out + (long)t * stride + row, stride);
        }
    }
}

/* The context of one head of one text; a token's line holds queries, keys, values and its context, WIDTH floats each. */
INLINE void attend(float *lines, int tokens, float *keys, float *scores) {
    typedef float Eight __attribute__((vector_size(32), aligned(4), may_alias));
    int padded = (tokens + 15) / 16 * 16;
    memset(keys, 0, sizeof(float) * HEAD * padded);
    for (int s = 0; s < tokens; s++)
        for (int e = 0; e < HEAD; e++) keys[e * padded + s] = lines[(long)s * INNER + WIDTH + e];
    for (int t = 0; t < tokens; t++) {
        const float *query = lines + (long)t * INNER;
        for (int s = 0; s < padded; s += 16) {
            Eight first = {0}, second = {0};
            for (int e = 0; e < HEAD; e++) {
                const Eight *sixteen = (const Eight *)(keys + e * padded + s);
                first += query[e] * sixteen[0];
                second += query[e] * sixteen[1];
            }
            ((Eight *)(scores + s))[0] = first;
            ((Eight *)(scores + s))[1] = second;
        }
        for (int s = tokens; s < padded; s++) scores[s] = scores[0];
        float largest = scores[0], total = 0.0f;
        for (int s = 0; s < padded; s++) largest = scores[s] > largest ? scores[s] : largest;
        for (int s = 0; s < padded; s++) scores[s] = exp_of((scores[s] - largest) * 0.17677670f); /* 1 / √HEAD */
        for (int s = 0; s < tokens; s++) total += scores[s];
        Eight context[HEAD / 8] = {{0}};
        for (int s = 0; s < tokens; s++) {
            const Eight *value = (const Eight *)(lines + (long)s * INNER + 2 * WIDTH);
            for (int e = 0; e < HEAD / 8; e++) context[e] += scores[s] * value[e];
        }
        for (int e = 0; e < HEAD / 8; e++) ((Eight *)(lines + (long)t * INNER + 3 * WIDTH))[e] = context[e] / total;
    }
}

INLINE void add_and_normalise(float *x, const float *added, Norm norm, int tokens) {
    for (int t = 0; t < tokens; t++, x += WIDTH, added += WIDTH) {
        float mean = 0.0f, variance = 0.0f;
        for (int i = 0; i < WIDTH; i++) mean += x[i] += added[i];
        mean /= WIDTH;
        for (int i = 0; i < WIDTH; i++) variance += (x[i] - mean) * (x[i] - mean);
        float inverse = 1.0f / sqrtf(variance / WIDTH + 1e-12f);
        for (int i = 0; i < WIDTH; i++) x[i] = (x[i] - mean) * inverse * norm.scale[i] + norm.shift[i];
    }
}

INLINE int run(const Layer *layers, int count, float *x, int tokens, const int32_t *ends, int texts, Form form) {
    float *wide = calloc((size_t)tokens * INNER, sizeof(float)), *narrow = malloc(sizeof(float) * tokens * WIDTH);
    float *keys = malloc(sizeof(float) * (HEAD + 1) * (tokens + 16)), *scores = keys + HEAD * (tokens + 16);
    Rounded in = {malloc((size_t)tokens * INNER), malloc(sizeof(float) * tokens * (INNER / BLOCK)),
                  malloc(sizeof(int32_t) * tokens * (INNER / BLOCK))};
    int outcome = wide && narrow && keys && in.values && in.steps && in.offsets ? DONE : NO_MEMORY;
    for (const Layer *layer = layers; outcome == DONE && layer < layers + count; layer++) {
        round_rows(x, WIDTH, WIDTH, tokens, in);
        linear(layer->heads, 3 * WIDTH, WIDTH, in, tokens, wide, INNER, form);
        for (int text = 0, start = 0; text < texts; start = ends[text++])
            for (int head = 0; head < HEADS; head++)
                attend(wide + (long)start * INNER + head * HEAD, ends[text] - start, keys, scores);
        round_rows(wide + 3 * WIDTH, INNER, WIDTH, tokens, in);
        linear(layer->context, WIDTH, WIDTH, in, tokens, narrow, WIDTH, form);
        add_and_normalise(x, narrow, layer->attended, tokens);
        round_rows(x, WIDTH, WIDTH, tokens, in);
        linear(layer->up, INNER, WIDTH, in, tokens, wide, INNER, form);
        gelu(wide, (long)tokens * INNER);
        round_rows(wide, INNER, INNER, tokens, in);
        linear(layer->down, WIDTH, INNER, in, tokens, narrow, WIDTH, form);
        add_and_normalise(x, narrow, layer->finished, tokens);
    }
    free(wide), free(narrow), free(keys), free(in.values), free(in.steps), free(in.offsets);
    return outcome;
}

#define PARAMETERS int bits, const Layer *layers, int count, float *x, int tokens, const int32_t *ends, int texts
static int portable_run(PARAMETERS) {
    return run(layers, count, x, tokens, ends, texts, (Form){bits, bits == 8 ? portable_wide_tile : portable_tile});
}
#if defined(__x86_64__)
AVX2 static int avx2_run(PARAMETERS) {
    return run(layers, count, x, tokens, ends, texts, (Form){bits, bits == 8 ? avx2_wide_tile : avx2_tile});
}
AVX512 static int avx512_run(PARAMETERS) {
    return run(layers, count, x, tokens, ends, texts, (Form){bits, bits == 8 ? avx512_wide_tile : avx512_tile});
}
#endif

/* Takes `x`, tokens × WIDTH, through all layers, whose weights have 4 or 8 `bits`. `tokens` is a multiple of TOKENS;
 * `ends` are where the texts end. */
__attribute__((visibility("default"))) int scoda_e5_layers(int level, PARAMETERS) {
    switch (level) {
    case 0: return portable_run(bits, layers, count, x, tokens, ends, texts);
#if defined(__x86_64__)
    case 1: return avx2_run(bits, layers, count, x, tokens, ends, texts);
    case 2: return avx512_run(bits, layers, count, x, tokens, ends, texts);
#endif
    default: return NO_SUCH_LEVEL;
    }
}

/* A vector in 16 bits, value × step: so few levels that 32 bits hold the products with a whole row of codes. */
INLINE float round_vector(const float *x, int64_t width, int16_t *values) {
    float most = (float)(INT32_MAX / 128 / (width + 1)), largest = 0.0f;
    for (int64_t i = 0; i < width; i++) largest = fabsf(x[i]) > largest ? fabsf(x[i]) : largest;
    float step = largest / (most < INT16_MAX ? most : INT16_MAX), steps = step > 0.0f ? 1.0f / step : 0.0f;
    for (int64_t i = 0; i < width; i++) values[i] = (int16_t)bits_of(x[i] * steps + ROUNDER);
    return step;
}

/* The products of a row of codes with `count` vectors, of which the compiler knows the number, `stride` apart. */
#define ROW const int8_t *row, int64_t width, const int16_t *vectors, const float *steps, int count, float *out, int64_t stride

INLINE void portable_row(ROW) {
    int32_t sums[SIDE_BY_SIDE] = {0};
    for (int64_t i = 0; i < width; i++)
        for (int v = 0; v < count; v++) sums[v] += row[i] * vectors[v * width + i];
    for (int v = 0; v < count; v++) out[v * stride] = (float)sums[v] * steps[v];
}

#if defined(__x86_64__)
AVX2 INLINE void avx2_row(ROW) {
    __m256i sums[SIDE_BY_SIDE];
    int64_t whole = width / 16 * 16;
    for (int v = 0; v < count; v++) sums[v] = _mm256_setzero_si256();
    for (int64_t i = 0; i < whole; i += 16) {
        __m256i codes = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)(row + i)));
        for (int v = 0; v < count; v++) {
            __m256i values = _mm256_loadu_si256((const __m256i *)(vectors + v * width + i));
            sums[v] = _mm256_add_epi32(sums[v], _mm256_madd_epi16(codes, values));
        }
    }
    for (int v = 0; v < count; v++) {
        __m128i four = _mm_add_epi32(_mm256_castsi256_si128(sums[v]), _mm256_extracti128_si256(sums[v], 1));
        __m128i two = _mm_add_epi32(four, _mm_shuffle_epi32(four, 0x4e));
        int32_t sum = _mm_cvtsi128_si32(_mm_add_epi32(two, _mm_shuffle_epi32(two, 0xb1)));
        for (int64_t i = whole; i < width; i++) sum += row[i] * vectors[v * width + i];
        out[v * stride] = (float)sum * steps[v];
    }
}

AVX512 INLINE void avx512_row(ROW) {
    __m512i sums[SIDE_BY_SIDE];
    int64_t whole = width / 32 * 32;
    for (int v = 0; v < count; v++) sums[v] = _mm512_setzero_si512();
    for (int64_t i = 0; i < whole; i += 32) {
        __m512i codes = _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)(row + i)));
        for (int v = 0; v < count; v++)
            sums[v] = _mm512_dpwssd_epi32(sums[v], codes, _mm512_loadu_si512(vectors + v * width + i));
    }
    if (whole < width) {
        __mmask32 rest = (1u << (width - whole)) - 1;
        __m512i codes = _mm512_cvtepi8_epi16(_mm256_maskz_loadu_epi8(rest, row + whole));
        for (int v = 0; v < count; v++)
            sums[v] = _mm512_dpwssd_epi32(sums[v], codes, _mm512_maskz_loadu_epi16(rest, vectors + v * width + whole));
    }
    for (int v = 0; v < count; v++) out[v * stride] = (float)_mm512_reduce_add_epi32(sums[v]) * steps[v];
}
#endif

/* A processor that reads ahead stops where a page of memory ends, and of mapped files pages are small. */
INLINE void fetch_ahead(const int8_t *row, int64_t width) {
    for (int64_t i = 0; i < width; i += 64) __builtin_prefetch(row + 1024 + i);
}

#define DOTS const int8_t *codes, int64_t rows, int64_t width, const float *vectors, int64_t count, float *out
#define ROUNDED_DOTS \
    const int8_t *codes, int64_t rows, int64_t width, const int16_t *vectors, const float *steps, int64_t count, float *out

/* A row is read once for up to SIDE_BY_SIDE vectors, and rows at PLACES in turn: from memory outside the processor that
 * takes 1.9 instead of 2.8 ms for 25 MB, and without fetching ahead 2.4.
 * No function: inlined through a pointer, loops don't vectorise. */
#define EACH_ROW(row_dots)                                                             \
    int64_t apart = (rows + PLACES - 1) / PLACES;                                      \
    for (int64_t first = 0; first < apart; first++)                                    \
        for (int64_t at = first; at < rows; at += apart) {                             \
            const int8_t *row = codes + at * width;                                    \
            fetch_ahead(row, width);                                                   \
            for (int64_t v = 0; v < count; v += SIDE_BY_SIDE) {                        \
                const int16_t *some = vectors + v * width;                             \
                float *own = out + v * rows + at;                                      \
                switch (count - v) {                                                   \
                case 1: row_dots(row, width, some, steps + v, 1, own, rows); break;    \
                case 2: row_dots(row, width, some, steps + v, 2, own, rows); break;    \
                case 3: row_dots(row, width, some, steps + v, 3, own, rows); break;    \
                default: row_dots(row, width, some, steps + v, SIDE_BY_SIDE, own, rows); \
                }                                                                      \
            }                                                                          \
        }

static void portable_dots(ROUNDED_DOTS) { EACH_ROW(portable_row) }
#if defined(__x86_64__)
AVX2 static void avx2_dots(ROUNDED_DOTS) { EACH_ROW(avx2_row) }
AVX512 static void avx512_dots(ROUNDED_DOTS) { EACH_ROW(avx512_row) }
#endif

INLINE int rounded_dots(int level, ROUNDED_DOTS) {
    switch (level) {
    case 0: portable_dots(codes, rows, width, vectors, steps, count, out); return DONE;
#if defined(__x86_64__)
    case 1: avx2_dots(codes, rows, width, vectors, steps, count, out); return DONE;
    case 2: avx512_dots(codes, rows, width, vectors, steps, count, out); return DONE;
#endif
    default: return NO_SUCH_LEVEL;
    }
}

/* The products of codes, rows × width, with vectors, count × width, go to `out`, count × rows. */
__attribute__((visibility("default"))) int scoda_dots(int level, DOTS) {
    int16_t *rounded = malloc(sizeof(int16_t) * (count * width + 1));
    float *steps = malloc(sizeof(float) * (count + 1));
    int outcome = rounded && steps ? DONE : NO_MEMORY;
    for (int64_t v = 0; outcome == DONE && v < count; v++)
        steps[v] = round_vector(vectors + v * width, width, rounded + v * width);
    if (outcome == DONE) outcome = rounded_dots(level, codes, rows, width, rounded, steps, count, out);
    free(rounded), free(steps);
    return outcome;
}

#define EACH_LIST(Row)                                             \
    for (int64_t l = 0; l < lists; l++) {                          \
        const Row *own = (const Row *)rows + starts[l];            \
        for (int64_t i = 0; i < counts[l]; i++) sums[own[i]] += weights[l]; \
    }

/* Each weight is added to the sums at its rows, list after list: to the last bit as NumPy's bincount adds them, in a
 * quarter of its time and without a copy of the rows. `size` is that of a row in bytes. */
__attribute__((visibility("default"))) int scoda_sums(
    int size, const void *rows, const int64_t *starts, const int64_t *counts, const double *weights, int64_t lists, double *sums) {
    switch (size) {
    case 2: EACH_LIST(uint16_t) return DONE;
    case 4: EACH_LIST(int32_t) return DONE;
    default: return NO_SUCH_LEVEL;
    }
}

/* Of the values that belong to a place the highest. */
__attribute__((visibility("default"))) void scoda_best(const float *values, const int32_t *places, int64_t count, float *best) {
    for (int64_t i = 0; i < count; i++)
        if (values[i] > best[places[i]]) best[places[i]] = values[i];
}
