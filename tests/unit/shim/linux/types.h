/* SPDX-License-Identifier: GPL-2.0 */
/* What the pure files of the driver need of the kernel, for user space. */
#ifndef _UNIT_LINUX_TYPES_H
#define _UNIT_LINUX_TYPES_H

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

typedef uint8_t u8, __u8;
typedef uint16_t u16, __u16, __be16;
typedef uint32_t u32, __u32, __be32, __bitwise_itt;
typedef uint64_t u64, __u64, __be64;
typedef int8_t s8;
typedef int16_t s16;
typedef int32_t s32;
typedef int64_t s64;

#define __force
#define __bitwise
#define __packed	__attribute__((packed))

#endif /* _UNIT_LINUX_TYPES_H */
